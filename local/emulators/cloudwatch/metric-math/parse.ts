import jsep, { type Expression } from 'jsep';
import { UnsupportedExpression } from './values';

// Metric math differs from JavaScript: ^ is the power operator, and AND and OR are words.
jsep.addBinaryOp('^', 12, true);
jsep.addBinaryOp('AND', 2);
jsep.addBinaryOp('OR', 1);

export type Node = Expression;

/**
 * Parses a metric math expression.
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
