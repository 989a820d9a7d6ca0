import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { describeCommand, ignoredBy, WITHOUT_TABLE } from '../options';

const NAME = 'completion';

/**
 * Adds `completion`: a script with which a shell completes commands and options. It must be added after all
 * other commands.
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
  // Common options belong to the program. Each command completes only those that it does not ignore.
  for (const command of program.commands) {
    const ignored = ignoredBy(command);
    const completed = completions.commands.get(command.name());
    // The completion protocol allows one line for each command.
    if (completed) completed.description = command.summary();
    for (const option of program.options) {
      const name = option.long?.slice(2);
      if (name === undefined || name === 'version' || ignored.has(option.attributeName())) continue;
      completed?.option(name, option.description, option.required ? () => undefined : '');
    }
  }
}
