import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { describeCommand, ignoredBy, WITHOUT_TABLE } from '../new-command';

const NAME = 'completion';

/**
 * `completion`: the script by which a shell completes the command,
 * made of the command's own options. It must be added last.
 */
export function addCompletionCommand(program: Command): void {
  const completions = tab(program, { completionCommandName: NAME });
  for (const command of program.commands.filter(each => each.name() === NAME || each.name() === 'complete')) {
    describeCommand(command, {
      summary: 'the script by which your shell completes this command',
      examples: [
        ['completion zsh > ~/.token-analytics.zsh', 'for zsh; `source` the file in ~/.zshrc'],
        ['completion bash >> ~/.bash_completion', 'for bash'],
        ['completion fish > ~/.config/fish/completions/token-analytics.fish', 'for fish'],
      ],
      ignores: ['json', ...WITHOUT_TABLE],
    });
  }
  // The common options are the program's: a shell offers those that have a meaning to each command.
  for (const command of program.commands) {
    const ignored = ignoredBy(command);
    const completed = completions.commands.get(command.name());
    // Its protocol has a line for each.
    if (completed) completed.description = command.summary();
    for (const option of program.options) {
      const name = option.long?.slice(2);
      if (name === undefined || name === 'version' || ignored.has(option.attributeName())) continue;
      completed?.option(name, option.description, option.required ? () => undefined : '');
    }
  }
}
