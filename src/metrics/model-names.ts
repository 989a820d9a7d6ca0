import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { foundationModelOf, MAX_MODEL_NAME_LENGTH, MODEL_ARN, TRANSPARENT_RESOURCES } from '../contract';
import { inform, warn } from '../private/synth-messages';

/** Name under which the runtime counts the invocations of a model. */
export interface CountedModel {
  /** Value of the dimension `Model`. */
  readonly model: string;
  /**
   * True if the id does not show the model, such as the id of an unknown inference profile. The runtime may
   * then count the invocations under a name that differs from `model`.
   */
  readonly isHidden: boolean;
}

/**
 * Map from known inference profiles to their models. Each key is the ARN of a profile, or the last part of
 * the ARN.
 */
export type KnownProfiles = Readonly<Record<string, string>>;

/**
 * Resource types whose ARNs do not contain the model, e.g. prompt routers. Only the runtime can find out the
 * billed model.
 */
const RESOLVED_RESOURCES = ['application-inference-profile', 'prompt-router', 'default-prompt-router'];

/**
 * Returns the name under which the runtime counts the invocations of a model. For `us.amazon.nova-lite-v1:0`,
 * for example, the name is `amazon.nova-lite-v1:0`.
 *
 * @param id the id or the ARN of a model or of an inference profile
 */
export function countedModel(id: string, profiles: KnownProfiles = {}): CountedModel {
  return nameOf(knownModel(id, profiles));
}

/**
 * Looks up the model of an inference profile in `profiles`. If `profiles` does not contain the id, returns
 * the id unchanged.
 */
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
 * Returns the names under which the runtime counts the given models, without duplicates.
 *
 * If a name differs from the given id, adds an info message to `scope`. If the model of an id is unknown,
 * adds a warning, because a metric with this id may never have a value.
 *
 * @param prop name of the property in the messages, such as `models`
 */
export function countedModels(
  scope: IConstruct,
  prop: string,
  models: readonly string[],
  profiles?: KnownProfiles,
): string[] {
  if (Token.isUnresolved(models)) return [...models];
  const countedIds = models.map(id => ({ id, ...countedModel(id, profiles) }));
  const replaced = countedIds.filter(({ id, model, isHidden }) => id !== model && !isHidden);
  if (replaced.length > 0) {
    inform(
      scope,
      'modelName',
      `\`${prop}\`: metrics use the id of the foundation model, without region prefix and ARN. Replaced: ` +
        `${replaced.map(({ id, model }) => `${id} by ${model}`).join(', ')}.`,
    );
  }
  for (const { id, isHidden } of countedIds) {
    if (isHidden) warn(scope, 'hiddenModel', hiddenModelText(prop, id));
  }
  return [...new Set(countedIds.map(({ model }) => model))];
}

/**
 * Returns the warning for a model id that does not show the model, such as the id of an inference profile.
 */
export function hiddenModelText(prop: string, id: string): string {
  return (
    `\`${prop}\`: the model of ${id} is not known at synthesis. The runtime counts invocations under the id of the ` +
    'model as soon as it knows the model, so a metric with this id may never have a value. Give the id of the ' +
    'foundation model, or set the model of the profile in `inferenceProfiles` of TokenPricing.'
  );
}
