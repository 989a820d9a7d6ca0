import jsep, { type Expression } from 'jsep';
import { UnsupportedExpression } from './values';

// Adds operators of metric math to the parser. `^` means power, not bitwise XOR as in JavaScript.
jsep.addBinaryOp('^', 12, true);
jsep.addBinaryOp('AND', 2);
jsep.addBinaryOp('OR', 1);

export type Node = Expression;

/**
 * Parses a metric math expression, e.g. `m1 / m2`, into a syntax tree.
 *
 * @throws UnsupportedExpression if the text is not a valid expression
 */
export function parseExpression(expression: string): Node {
  try {
    return jsep(expression);
  } catch (error) {
    throw new UnsupportedExpression(
      expression,
      `cannot be parsed (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
