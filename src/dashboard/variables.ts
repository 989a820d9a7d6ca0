import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS } from '../contract';
import { propError, type Where } from '../private/validate';

/** Definition of a dashboard variable, with which a reader chooses an agent or a model. */
interface Choice {
  readonly id: string;
  readonly label: string;
  /**
   * Placeholder in each search, e.g. `__AGENT__`. CloudWatch replaces it with the chosen agent or model.
   * CloudWatch reads the placeholder as a regular expression.
   */
  readonly placeholder: string;
  /**
   * Value of the choice "all": the name of a dimension, e.g. `AgentId`. A search for `AgentId` finds the
   * metrics of all agents.
   */
  readonly all: string;
}

const AGENT: Choice = { id: 'agent', label: 'Agent', placeholder: '__AGENT__', all: DIMENSIONS.agentId };
const MODEL: Choice = { id: 'model', label: 'Model', placeholder: '__MODEL__', all: DIMENSIONS.model };

/** Placeholders in each search for the chosen agent and the chosen model. */
export const CHOSEN = [AGENT.placeholder, MODEL.placeholder];

/**
 * Creates the dashboard variables for the agent and the model. They are pattern variables, because only
 * pattern variables replace text in searches.
 *
 * @param agents ids from which the reader can choose. If undefined, the reader types the id
 * @param models model ids from which the reader can choose. If undefined, the reader types the id
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
  // If the dashboard has no list, the reader types a name. CloudWatch can fill a list by search, but such a
  // list has no entry for all agents or models.
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
