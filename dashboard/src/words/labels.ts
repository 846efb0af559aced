// The words for moods. A colour is never the only sign: each has a shape, too.

export const SENTIMENTS = ["positive", "neutral", "negative"] as const;
export type Sentiment = (typeof SENTIMENTS)[number];

export const EMOTIONS = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"] as const;
export type Emotion = (typeof EMOTIONS)[number];

export const SHAPES: Record<Sentiment, string> = { positive: "▲", neutral: "●", negative: "▼" };
