// Builds a Markdown text from parts of source files, called pieces. Each character of the text can be traced
// back to its place in a file.

/** Creates a piece of Markdown that is copied unchanged from the source, where it begins at `offset`. */
export const verbatim = (text, offset) => ({ text, offset, verbatim: true });
/**
 * Creates a piece of Markdown whose text is not in the source, for example an unescaped character. Findings
 * in the piece are reported at `offset` of the source.
 */
export const substitute = (text, offset) => ({ text, offset, verbatim: false });

/**
 * Returns the pieces of the characters from index `start` to index `end`. Pieces at the edges are shortened.
 */
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
 * Joins passages, for example all comments of some files, to one Markdown text. The title of a passage
 * becomes a heading. Without the heading, a list could continue in the next passage.
 *
 * @param passages passages with `file`, `start` (offset in the file) and `lines` (arrays of pieces). `title`
 * is omitted for an entire document
 * @returns `text` and `placeAt(index)`. `placeAt` returns the file and the offset of a character of the text
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
