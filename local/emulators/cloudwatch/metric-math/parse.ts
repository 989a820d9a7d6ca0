import jsep, { type Expression } from 'jsep';
import { UnsupportedExpression } from './values';

// CloudWatch's operators where they differ from JavaScript's: ^ is a power, AND and OR are words.
jsep.addBinaryOp('^', 12, true);
jsep.addBinaryOp('AND', 2);
jsep.addBinaryOp('OR', 1);

export type Node = Expression;

/** Parses a metric math expression. @throws UnsupportedExpression where it is none */
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
