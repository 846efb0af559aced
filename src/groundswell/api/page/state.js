// What the page knows, and how one event of the live feed changes it. Pure: no clock, no DOM.

export const KEPT = 60; // posts held, shown or waiting behind "Pause"

export const START = Object.freeze({
  posts: [], // newest first
  waiting: [], // arrived while paused
  paused: false,
  totals: null, // data of the last `metrics` event
  missed: 0, // posts a slow connection lost
  cursor: null, // where to resume the live feed
});

/** Return the state after `event`, one frame of the live feed; unknown events change nothing. */
export function apply(state, event) {
  const next = { ...state, cursor: event.cursor ?? state.cursor };
  switch (event.type) {
    case "new_post":
      return arrived(next, event.data);
    case "erased":
      return { ...next, ...without(next, event.data.id) };
    case "metrics":
      return { ...next, totals: event.data };
    case "gap":
      return { ...next, missed: next.missed + (event.missed ?? 0) };
    default:
      return next;
  }
}

/** Take `posts` read from the store, with those the live feed brought since `asked`, the state then. */
export function snapshot(state, posts, asked) {
  if (state.paused) return state;
  const before = new Set(asked.posts.map((post) => post.id));
  return { ...state, posts: merged(state.posts.filter((post) => !before.has(post.id)), posts) };
}

/** Stop or go on: what waited comes in at once. */
export function pause(state, paused) {
  return paused
    ? { ...state, paused }
    : { ...state, paused, posts: merged(state.waiting, state.posts), waiting: [] };
}

function arrived(state, post) {
  if (state.posts.some((known) => known.id === post.id)) {
    const posts = state.posts.map((known) => (known.id === post.id ? { ...known, ...post } : known));
    return { ...state, posts };
  }
  return state.paused
    ? { ...state, waiting: merged([post], state.waiting) }
    : { ...state, posts: merged([post], state.posts) };
}

function without(state, id) {
  const others = (post) => post.id !== id;
  return { posts: state.posts.filter(others), waiting: state.waiting.filter(others) };
}

/** Put two lists together by id, the first one's posts first, no longer than KEPT. */
function merged(first, second) {
  const known = new Set();
  return [...first, ...second].filter((post) => !known.has(post.id) && known.add(post.id)).slice(0, KEPT);
}
