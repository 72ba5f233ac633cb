/* What the reviewer says of a clip and has not sent yet; it outlives a reload of the page, in this tab alone. */

import { known } from "/parts.js";

/** What stands: the reviewer's own decision, else what the data set says. */
export const textNow = (item) => item.mine?.text ?? known(item.annotation.fine) ?? "";
export const wordsNow = (item) => item.mine?.labels ?? known(item.annotation.labels) ?? [];

export const fresh = (item) => ({
  editing: false,
  label: item.mine?.label ?? known(item.annotation.label),
  text: textNow(item),
  words: wordsNow(item).join(", "),
  note: item.mine?.note ?? "",
  rating: item.mine?.rating ?? null,
});

const slot = (item) => `draft ${item.annotation.id} ${item.seen}`;

export function stored(item) {
  try { return JSON.parse(sessionStorage.getItem(slot(item))); } catch { return null; }
}

export const keep = (item, draft) => sessionStorage.setItem(slot(item), JSON.stringify(draft));
export const forget = (item) => sessionStorage.removeItem(slot(item));

const wordsOf = (text) => text.split(/[,，、;；]/).map((word) => word.trim()).filter(Boolean);
const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** The decision as the server takes it: what the page shows, or with an edit what the editor holds. */
export function asked(item, draft, action) {
  const edit = action === "edit";
  const text = edit ? draft.text.trim() : textNow(item);
  const words = edit ? wordsOf(draft.words) : wordsNow(item);
  const untouched = item.mine?.labels == null && alike(words, known(item.annotation.labels) ?? []);
  return {
    id: item.annotation.id, seen: item.seen, action, label: draft.label, labels: untouched ? null : words,
    text: text === "" && !edit ? null : text, note: draft.note, rating: draft.rating,
  };
}
