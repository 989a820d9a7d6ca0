import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { foundationModelOf, MAX_MODEL_NAME_LENGTH, MODEL_ARN, TRANSPARENT_RESOURCES } from '../contract';
import { inform, warn } from '../private/synth-messages';

/** Name under which the runtime counts the invocations of a model id. */
export interface CountedModel {
  /** Value of the dimension `Model`. */
  readonly model: string;
  /** True if the id does not tell the model, so that the runtime can count it under another name. */
  readonly isHidden: boolean;
}

/** Model of each inference profile, by the ARN of the profile or the last part of the ARN. */
export type KnownProfiles = Readonly<Record<string, string>>;

/** Resource types of ARNs behind which the runtime finds out the model that is billed. */
const RESOLVED_RESOURCES = ['application-inference-profile', 'prompt-router', 'default-prompt-router'];

/** Returns the name under which the runtime counts a model id or ARN, by the runtime's own rule. */
export function countedModel(id: string, profiles: KnownProfiles = {}): CountedModel {
  return nameOf(knownModel(id, profiles));
}

/** Returns the model behind a profile, if it is known, else the id itself. */
export function knownModel(id: string, profiles: KnownProfiles): string {
  const known = new Map(Object.entries(profiles));
  return known.get(id) ?? known.get(id.slice(id.lastIndexOf('/') + 1)) ?? id;
}

function nameOf(id: string): CountedModel {
  if (Token.isUnresolved(id)) return { model: id, isHidden: false };
  const [, service, , type, resource] = MODEL_ARN.exec(id) ?? [];
  if (type === undefined) {
    const name = foundationModelOf(id)?.name ?? id;
    return name.length <= MAX_MODEL_NAME_LENGTH && !id.startsWith('arn:')
      ? { model: name, isHidden: false }
      : { model: id, isHidden: true };
  }
  if (service === 'bedrock' && TRANSPARENT_RESOURCES.includes(type)) return nameOf(resource);
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  return {
    model: `${service === 'bedrock' ? type : `${service}-${type}`}/${name}`,
    isHidden: RESOLVED_RESOURCES.includes(type),
  };
}

/**
 * Returns the names under which the runtime counts models, each once. An info says which ids were replaced. A
 * warning says which ids do not tell their model, as nothing that names them may ever show a value.
 *
 * @param prop the prop that has them
 */
export function countedModels(
  scope: IConstruct,
  prop: string,
  models: readonly string[],
  profiles?: KnownProfiles,
): string[] {
  if (Token.isUnresolved(models)) return [...models];
  const counted = models.map(id => ({ id, ...countedModel(id, profiles) }));
  const replaced = counted.filter(({ id, model, isHidden }) => id !== model && !isHidden);
  if (replaced.length > 0) {
    inform(
      scope,
      'modelName',
      `\`${prop}\`: metrics have the id of the foundation model, without region prefix and ARN: ` +
        `${replaced.map(({ id, model }) => `${model} for ${id}`).join(', ')}.`,
    );
  }
  for (const { id, isHidden } of counted) {
    if (isHidden) warn(scope, 'hiddenModel', hiddenModelText(prop, id));
  }
  return [...new Set(counted.map(({ model }) => model))];
}

/** Text of the warning of an id that does not tell its model. */
export function hiddenModelText(prop: string, id: string): string {
  return (
    `\`${prop}\`: ${id} does not tell its model at synth, and invocations are counted under the model's own ` +
    'id as soon as the runtime knows it: what is named here may never show a value. Give the id of the ' +
    'foundation model, or its model in `inferenceProfiles` of TokenPricing.'
  );
}
