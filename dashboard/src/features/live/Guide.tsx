// What the words and signs of the page mean, for those who see it for the first time.

const WORDS: readonly (readonly [string, string])[] = [
  [
    "Positive, neutral, negative",
    "How a model read each post. It errs at times: “Correct” beside a post says so, and it learns from that.",
  ],
  [
    "95 % interval",
    "The whiskers and the bands. From few posts a share is a guess: the true one lies in there 19 times of 20. Two shares whose intervals overlap may be the same.",
  ],
  [
    "Not complete",
    "Posts of that time are still being read, or nobody listened for a while: its counts can still change.",
  ],
  ["Behind by", "How long the oldest post waits that has not been read yet. 0 s: you see everything."],
  ["Read by", "The model and its version. Where another one begins, the trend has a dotted line."],
  ["Topic", "A name for words you track; make one on the page Topics, and choose it above."],
];

export function Guide() {
  return (
    <details className="guide">
      <summary>How to read this page</summary>
      <dl>
        {WORDS.map(([word, meaning]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
