// Which key says what. Pure.

import { EMOTIONS, type Emotion, SENTIMENTS, type Sentiment } from "@/words/labels";

export const EMOTION_KEYS: Record<Emotion, string> = {
  anger: "a",
  disgust: "d",
  fear: "f",
  joy: "j",
  neutral: "n",
  sadness: "e",
  surprise: "u",
};

export type Action =
  | { kind: "label"; label: Sentiment }
  | { kind: "skip" }
  | { kind: "emotion"; emotion: Emotion };

interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  target: unknown;
}

const TYPED_INTO = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** What a key means for the post at hand; null for keys that belong to the browser, or to a field. */
export function actionOf({ key, ctrlKey, metaKey, altKey, target }: Key): Action | null {
  const element = target as { tagName?: string; type?: string } | null;
  const typed = TYPED_INTO.has(element?.tagName ?? "") && element?.type !== "radio";
  if (ctrlKey || metaKey || altKey || typed) return null;
  const label = SENTIMENTS[Number(key) - 1];
  if (label) return { kind: "label", label };
  const low = key.toLowerCase();
  if (low === "s") return { kind: "skip" };
  const emotion = EMOTIONS.find((name) => EMOTION_KEYS[name] === low);
  return emotion ? { kind: "emotion", emotion } : null;
}
