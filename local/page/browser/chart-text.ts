/** Colors of text, and of axes and grid lines in a chart. */
export interface Ink {
  readonly text: string;
  readonly line: string;
}

/** Size of all texts in charts, in pixels. */
export const FONT_SIZE = 11;
/** Assumed width of a character in pixels, at {@link FONT_SIZE}. It is above the mean, so that names fit. */
export const CHARACTER_WIDTH = 6.4;
