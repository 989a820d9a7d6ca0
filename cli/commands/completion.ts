import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { describeCommand, ignoredBy, WITHOUT_TABLE } from '../options';

const NAME = 'completion';

/**
 * Adds the command `completion`, which prints a script for the user's shell. The script completes the
 * commands and options of `program`. Call this function after all other commands were added.
 */
export function addCompletionCommand(program: Command): void {
  const completions = tab(program, { completionCommandName: NAME });
  for (const command of program.commands.filter(each => each.name() === NAME || each.name() === 'complete')) {
    describeCommand(command, {
      summary: 'a script that completes commands and options in your shell',
      examples: [
        ['completion zsh > ~/.token-analytics.zsh', 'for zsh: `source` the file in ~/.zshrc'],
        ['completion bash >> ~/.bash_completion', 'for bash'],
        ['completion fish > ~/.config/fish/completions/token-analytics.fish', 'for fish'],
      ],
      ignores: ['json', ...WITHOUT_TABLE],
    });
  }
  // Completes the common options of `program` for each command, except for options that the command ignores.
  for (const command of program.commands) {
    const ignored = ignoredBy(command);
    const completed = completions.commands.get(command.name());
    // Uses the one-line summary, because the completion protocol allows only one line of text for each
    // command.
    if (completed) completed.description = command.summary();
    for (const option of program.options) {
      const name = option.long?.slice(2);
      if (name === undefined || name === 'version' || ignored.has(option.attributeName())) continue;
      completed?.option(name, option.description, option.required ? () => undefined : '');
    }
  }
}
