// Puts values into the page. What people wrote goes in as text and nothing else.

import { SENTIMENTS, capital, count, percent, range } from "./words.js";

const SHAPES = { positive: "▲", neutral: "●", negative: "▼" }; // the colour is never the only sign

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Show a distribution as one divided bar and three rows with intervals. */
export function showShares(balance, list, { data, metadata }) {
  const parts = data.map(({ sentiment, share }) => {
    const part = element("span", `part ${sentiment}`);
    part.style.flexGrow = share;
    return part;
  });
  balance.replaceChildren(...parts);
  balance.classList.toggle("none", metadata.total === 0);
  list.replaceChildren(...data.map((row) => shareRow(row, metadata.total)));
}

function shareRow({ sentiment, count: posts, share, interval }, total) {
  const whiskers = element("span", "whiskers");
  whiskers.style.left = `${100 * interval[0]}%`;
  whiskers.style.width = `${100 * (interval[1] - interval[0])}%`;
  const fill = element("span", `fill ${sentiment}`);
  fill.style.width = `${100 * share}%`;
  const track = element("span", "track", fill, ...(total ? [whiskers] : []));
  const row = element(
    "li",
    "share",
    element("span", `name ${sentiment}`, `${SHAPES[sentiment]} ${capital(sentiment)}`),
    element("strong", "", total ? percent(share) : "–"),
    track,
    element("span", "interval", total ? range(interval) : ""),
    element("span", "posts", count(posts)),
  );
  row.title = `${count(posts)} of ${count(total)} posts`;
  return row;
}

/** Show emotions as bars; without any, not at all. */
export function showEmotions(card, list, emotions) {
  card.hidden = emotions.length === 0;
  const largest = Math.max(...emotions.map((emotion) => emotion.share), Number.EPSILON);
  list.replaceChildren(
    ...emotions.map(({ emotion, count: posts, share }) => {
      const fill = element("span", "fill");
      fill.style.width = `${(100 * share) / largest}%`;
      const row = element("li", "", element("span", "name", capital(emotion)), element("span", "track", fill));
      row.append(element("span", "value", percent(share)));
      row.title = `${count(posts)} posts`;
      return row;
    }),
  );
}

/** Show posts, keeping the elements of those that are already there. */
export function showPosts(list, posts, ago) {
  const present = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const now = Date.now();
  const items = posts.map((post) => {
    const item = present.get(post.id) ?? element("li", "post");
    const wanted = `${post.sentiment} ${post.content}`;
    if (item.wanted !== wanted) {
      item.dataset.id = post.id;
      item.wanted = wanted;
      item.replaceChildren(...postParts(post));
    }
    const time = item.querySelector("time");
    const words = ago(Date.parse(time.dateTime), now);
    if (time.textContent !== words) time.textContent = words;
    return item;
  });
  if (items.length !== list.children.length || items.some((item, i) => list.children[i] !== item)) {
    list.replaceChildren(...items);
  }
}

function postParts(post) {
  const time = element("time", "");
  time.dateTime = post.timestamp ?? post.analyzed_at;
  const mood = element("span", `mood ${post.sentiment}`, `${SHAPES[post.sentiment]} ${capital(post.sentiment)}`);
  mood.title = `${percent(post.confidence)} sure`;
  const emotion = post.emotion && post.emotion !== "neutral" ? [element("span", "emotion", post.emotion)] : [];
  const head = element("p", "head", mood, ...emotion, element("span", "source", post.source), time);
  const content = element("p", "content", post.content);
  content.dir = "auto";
  return [head, content];
}

/** Show what the model reads in a text. */
export function showAnswer(host, { sentiment, scores, emotion, model_used: model, fallback_used: fallback }) {
  const rows = SENTIMENTS.map((name) => {
    const fill = element("span", `fill ${name}`);
    fill.style.width = `${100 * scores[name]}%`;
    const track = element("span", "track", fill);
    return element("li", "", element("span", "name", capital(name)), track, element("span", "value", percent(scores[name])));
  });
  const verdict = element("strong", `mood ${sentiment}`, `${SHAPES[sentiment]} ${capital(sentiment)}`);
  const by = `${emotion ? ` · ${emotion}` : ""} · read by ${model}${fallback ? ", a fallback" : ""}`;
  host.replaceChildren(element("p", "", verdict, by), element("ul", "bars", ...rows));
}
