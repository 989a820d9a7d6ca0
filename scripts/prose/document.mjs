// Builds Markdown from pieces of source text. Can find the place in the source of each character.

/** Creates a piece that copies the source text at an offset. */
export const verbatim = (text, offset) => ({ text, offset, verbatim: true });
/** Creates a piece whose text differs from the source. All its characters map to one offset. */
export const substitute = (text, offset) => ({ text, offset, verbatim: false });

/** Returns the pieces of the characters from `start` to `end`. */
export function slicePieces(pieces, start, end) {
  const result = [];
  let at = 0;
  for (const { text, offset, verbatim: isVerbatim } of pieces) {
    const [from, to] = [Math.max(start - at, 0), Math.min(end - at, text.length)];
    if (from < to) {
      const part = text.slice(from, to);
      result.push(isVerbatim ? verbatim(part, offset + from) : substitute(part, offset));
    }
    at += text.length;
  }
  return result;
}

/**
 * Joins passages to one Markdown text, for example all comments of some files. The title of a passage becomes
 * a heading before the passage. The heading ends the lists and other blocks of the previous passage.
 *
 * @param passages passages, each with `file`, `start` (offset in the file) and `lines` (each a list of
 * pieces). A passage that is not a whole document has a `title`.
 * @returns the text, and `placeAt(index)`, which finds the file and offset of a character in the text
 */
export function joinPassages(passages) {
  const starts = [];
  const placed = [];
  let text = '';
  const add = (passage, piece) => {
    starts.push(text.length);
    placed.push({ file: passage.file, ...piece });
    text += piece.text;
  };
  for (const passage of passages) {
    if (passage.title)
      add(passage, substitute(`# \`${passage.title.replaceAll('`', "'")}\`\n\n`, passage.start));
    let end = passage.start;
    for (const pieces of passage.lines) {
      for (const piece of pieces) {
        add(passage, piece);
        end = piece.offset + (piece.verbatim ? piece.text.length : 0);
      }
      add(passage, substitute('\n', end));
    }
    add(passage, substitute('\n', end));
  }

  function placeAt(index) {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle] <= index) low = middle;
      else high = middle - 1;
    }
    const { file, offset, verbatim: isVerbatim } = placed[low];
    return { file, offset: isVerbatim ? offset + index - starts[low] : offset };
  }

  return { text, placeAt };
}
