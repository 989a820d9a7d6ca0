/** Where a call may run: what AWS charges can differ. */
export type ModelScope = 'global' | 'geo' | 'in-region';

/** A model id or ARN, understood. */
export interface ParsedModelId {
  /** The foundation model's id, or a short stable name where that is hidden: the value of the dimension `Model`. */
  readonly model: string;
  /** Who made it, as the id says it: `anthropic`, `amazon`. Empty where the model is hidden. */
  readonly vendor: string;
  readonly scope: ModelScope;
  /** The ARN's region. */
  readonly region?: string;
  /** The id does not tell which foundation model answers: an application inference profile, a prompt, a custom model … */
  readonly opaque: boolean;
}

const ARN = /^arn:[^:]*:([^:]*):([^:]*):[^:]*:([^/]+)\/(.+)$/;
/** A geography (`us.` `us-gov.` `apac.` …) or `global.`, but only before what looks like `<vendor>.<model>` itself. */
const PREFIX = /^([a-z]{2,6}(?:-[a-z]+)?)\.(?=[a-z][a-z0-9]*\.[a-z0-9])/;
const CONTEXT_SUFFIX = /:\d+k$/;
/** Long enough to tell two resources apart, short enough for a dimension value. */
const MAX_OPAQUE_NAME = 64;

/** Understands any model id that Bedrock takes. Never throws: what it does not know is taken as it is. */
export function parseModelId(id: string): ParsedModelId {
  const arn = ARN.exec(id);
  if (!arn) return parsePlainId(id);
  const [, service, region, type, resource] = arn;
  const shown = region === '' ? {} : { region };
  if (service === 'bedrock' && (type === 'foundation-model' || type === 'inference-profile')) return { ...parsePlainId(resource), ...shown };
  const name = service === 'sagemaker' ? 'sagemaker-endpoint' : type;
  return { model: `${name}/${resource}`.slice(0, MAX_OPAQUE_NAME), vendor: '', scope: 'in-region', opaque: true, ...shown };
}

function parsePlainId(id: string): ParsedModelId {
  const prefix = PREFIX.exec(id)?.[1];
  const model = (prefix === undefined ? id : id.slice(prefix.length + 1)).replace(CONTEXT_SUFFIX, '');
  return {
    model,
    vendor: /^([a-z0-9]+)\./.exec(model)?.[1] ?? '',
    scope: prefix === undefined ? 'in-region' : prefix === 'global' ? 'global' : 'geo',
    opaque: false,
  };
}
