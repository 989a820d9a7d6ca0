import type { Command } from 'commander';
import { type CommonOption, OF_SELECTION, OF_TABLE } from './options/common-options';

/** What a command's help says. */
export interface CommandHelp {
  readonly summary: string;
  /** What the help has more. */
  readonly description?: string;
  /** Each a command line without the command's own name, and what it is for. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Common options that have no meaning to it: they are taken with a note, and are not in its help. */
  readonly ignores?: readonly CommonOption[];
}

export interface CommandText extends CommandHelp {
  readonly name: string;
}

/** Common options of what reads no table. */
export const WITHOUT_TABLE: readonly CommonOption[] = [...OF_TABLE, ...OF_SELECTION];

const ignored = new WeakMap<Command, ReadonlySet<string>>();

/** Adds a command with its help. */
export function newCommand(program: Command, { name, ...help }: CommandText): Command {
  return describeCommand(program.command(name), help);
}

/** Gives a command its help. */
export function describeCommand(
  command: Command,
  { summary, description, examples, ignores = [] }: CommandHelp,
): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  ignored.set(command, new Set(ignores));
  return command
    .summary(summary)
    .description(description === undefined ? sentence : `${sentence}\n${description}`)
    .addHelpText(
      'after',
      `\nExamples:\n${examples.map(([line, says]) => `  # ${says}\n  $ ${`token-analytics ${line}`.trimEnd()}`).join('\n')}`,
    );
}

/** The common options that have no meaning to a command. */
export function ignoredBy(command: Command): ReadonlySet<string> {
  return ignored.get(command) ?? new Set();
}
