import { Token } from 'aws-cdk-lib';
import { foundationModelOf, MODEL_ARN } from '../contract';

/** Date at the end of the name of a model, e.g. `-20250929` or `-2024-08-06`. */
const DATE = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/;
/**
 * Version at the end of a model id, e.g. `-v1:0`, `-v2` or `-1:0`. A number without `v` or colon is a part of
 * the name, as in `claude-sonnet-4-5`.
 */
const VERSION = /-(?:v\d+(?:\.\d+)*(?::\w+)*|\d+(?::\w+)+)$/;
/** Name that shows no model without its vendor, e.g. `r1` of `deepseek.r1-v1:0`. */
const BARE_VERSION = /^[a-z]?\d[\d.]*$/;

/**
 * Returns a label for each model: the shortest name that fits only this model. The label omits the vendor,
 * the date and the version if it stays unique. For `anthropic.claude-sonnet-4-5-20250929-v1:0`, for example,
 * the label is `claude-sonnet-4-5`.
 *
 * @param models ids or ARNs of models and inference profiles. The label of a CDK token is the token
 */
export function modelLabels(models: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map(models.map(model => [model, Token.isUnresolved(model) ? [model] : namesOf(model)]));
  const uses = new Map<string, number>();
  for (const each of names.values()) {
    for (const name of new Set(each)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return new Map(
    [...names].map(([model, each]) => [model, each.find(name => uses.get(name) === 1) ?? model]),
  );
}

/** Returns the possible names of a model, from the shortest to the whole id. */
function namesOf(id: string): string[] {
  const resource = MODEL_ARN.exec(id)?.[4] ?? id;
  const model = resource.slice(resource.lastIndexOf('/') + 1);
  const { name, vendor, prefix } = foundationModelOf(model) ?? { name: model };
  const own = vendor === undefined ? name : name.slice(vendor.length + 1);
  const version = VERSION.exec(own)?.[0] ?? '';
  const dated = own.slice(0, own.length - version.length);
  const date = DATE.exec(dated)?.[0] ?? '';
  const bare = dated.slice(0, dated.length - date.length);
  const withVendor = (text: string) => (vendor === undefined ? text : `${vendor}.${text}`);
  return [
    BARE_VERSION.test(bare) ? withVendor(bare) : bare,
    dated,
    `${bare}${version}`,
    own,
    withVendor(bare),
    ...(prefix === undefined ? [] : [`${bare} (${prefix})`]),
    name,
    model,
    resource,
    id,
  ];
}
