import { Command, type Option } from 'commander';
import { version } from '../package.json';
import { addAgentsCommand, addModelsCommand } from './commands/agents-models';
import { addCompletionCommand } from './commands/completion';
import { addDailyCommand } from './commands/daily';
import { addDemoCommand } from './commands/demo';
import { addDoctorCommand } from './commands/doctor';
import { addExportCommand } from './commands/export';
import { addForecastCommand } from './commands/forecast';
import { addIncidentCommand } from './commands/incident';
import { addLiveCommand } from './commands/live';
import { addPreviewCommand } from './commands/preview';
import { addPricesCommand } from './commands/prices';
import { addReconcileCommand } from './commands/reconcile';
import { addReplayCommand } from './commands/replay';
import { addRollupCommand } from './commands/rollup';
import { addThresholdsCommand } from './commands/thresholds';
import { addTopCommand } from './commands/top';
import { addTrendsCommand } from './commands/trends';
import { addWhatifCommand } from './commands/whatif';
import { exitCodesHelp } from './exit-codes';
import { addCommonOptions, ignoredBy } from './options';
import { noteIgnored } from './run';

/**
 * Functions that add the commands, in the order of the help. `completion` is last, because it needs all other
 * commands.
 */
const COMMANDS: readonly ((program: Command) => void)[] = [
  addDailyCommand,
  addAgentsCommand,
  addModelsCommand,
  addIncidentCommand,
  addTrendsCommand,
  addForecastCommand,
  addTopCommand,
  addLiveCommand,
  addThresholdsCommand,
  addWhatifCommand,
  addExportCommand,
  addPricesCommand,
  addReconcileCommand,
  addDoctorCommand,
  addReplayCommand,
  addRollupCommand,
  addPreviewCommand,
  addDemoCommand,
  addCompletionCommand,
];

/** Creates the program with all commands and options. */
export function buildProgram(): Command {
  const program: Command = new Command('token-analytics')
    .description(
      'Token usage and cost of LLM agents on Amazon Bedrock, from your own AWS account.\nWithout a command, ' +
        'it prints the daily report of the last seven days.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', exitCodesHelp())
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions(command): Option[] {
        if (command === program) return [];
        const ignored = ignoredBy(command);
        return program
          .createHelp()
          .visibleOptions(program)
          .filter(
            option =>
              !ignored.has(option.attributeName()) && option.long !== '--version' && option.long !== '--help',
          );
      },
    })
    .hook('preAction', (_program, command) => noteIgnored(command));
  addCommonOptions(program);
  for (const add of COMMANDS) add(program);
  return program;
}
