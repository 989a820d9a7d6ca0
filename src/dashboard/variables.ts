import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS } from '../contract';
import { propError, type Where } from '../private/validate';

/** Variable that a reader of the dashboard can set. */
interface Choice {
  readonly id: string;
  readonly label: string;
  /**
   * Text that every search contains. CloudWatch reads the text as a regular expression, and replaces each
   * match with the chosen value.
   */
  readonly placeholder: string;
  /**
   * Value that selects all series: the name of a dimension, such as `AgentId`. A search for this quoted name
   * finds all series, because every series has this dimension.
   */
  readonly all: string;
}

const AGENT: Choice = { id: 'agent', label: 'Agent', placeholder: '__AGENT__', all: DIMENSIONS.agentId };
const MODEL: Choice = { id: 'model', label: 'Model', placeholder: '__MODEL__', all: DIMENSIONS.model };

/** Search terms that CloudWatch replaces with the chosen agent and the chosen model. */
export const CHOSEN = [AGENT.placeholder, MODEL.placeholder];

/**
 * Creates the variables for agent and model. Both are pattern variables, which replace text in searches. A
 * property variable would not change searches. A property variable would also change the metrics of named
 * agents: all their lines would show the chosen agent.
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
  // Without names, the reader types a name. CloudWatch could fill a list by search, but this list would have
  // no entry for all values.
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
      'without brackets if `variables` is set',
      bracketed,
      'A search needs escaped brackets, which a variable cannot insert: omit `variables`.',
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
