import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { parseModelId } from '../../../lambda/pricing/model-id';
import { MODELS } from '../../../lambda/pricing/price-table';
import { countedModel, countedModels } from '../../../src/metrics/model-names';
import { newStack } from '../support';
