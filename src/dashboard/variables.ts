import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS } from '../contract';
import { propError, type Where } from '../private/validate';

/** One thing that a reader of the dashboard can choose. */
interface Choice {
  readonly id: string;
  readonly label: string;
  /**
   * The text that stands in every search in place of what is
   * chosen. CloudWatch reads it as a regular expression.
   */
  readonly placeholder: string;
  /**
   * Found in each series, as a quoted text without a property
   * matches names of dimensions, too: it chooses all.
   */
  readonly all: string;
}

const AGENT: Choice = { id: 'agent', label: 'Agent', placeholder: '__AGENT__', all: DIMENSIONS.agentId };
const MODEL: Choice = { id: 'model', label: 'Model', placeholder: '__MODEL__', all: DIMENSIONS.model };

/** What each search of a dashboard with variables asks for. */
export const CHOSEN = [AGENT.placeholder, MODEL.placeholder];

/**
 * The variables for agent and model. They are pattern variables: a property variable does not
 * reach into a search, and would turn the lines of all named agents into the chosen one's.
 */
export function dashboardVariables(
  where: Where,
  agents: readonly string[] | undefined,
  models: readonly string[] | undefined,
): cloudwatch.DashboardVariable[] {
  return [variable(where, AGENT, 'agents', agents), variable(where, MODEL, 'models', models)];
}

function variable(
  where: Where,
  { id, label, placeholder, all }: Choice,
  prop: string,
  names: readonly string[] | undefined,
): cloudwatch.DashboardVariable {
  const common = {
    id,
    type: cloudwatch.VariableType.PATTERN,
    value: placeholder,
    defaultValue: cloudwatch.DefaultValue.value(all),
  };
  // A list that CloudWatch fills by search has no value for all.
  if (!names) {
    return new cloudwatch.DashboardVariable({
      ...common,
      label: `${label} (${all}: all)`,
      inputType: cloudwatch.VariableInputType.INPUT,
    });
  }
  const bracketed = names.find(name => /[()]/.test(name));
  if (bracketed !== undefined) {
    throw propError(
      where,
      prop,
      'without brackets where there are `variables`',
      bracketed,
      'A search takes brackets escaped, which a variable cannot do: leave `variables` out.',
    );
  }
  return new cloudwatch.DashboardVariable({
    ...common,
    label,
    inputType: cloudwatch.VariableInputType.SELECT,
    values: cloudwatch.Values.fromValues(
      { label: `All ${prop}`, value: all },
      ...names.map(value => ({ label: value, value })),
    ),
  });
}
