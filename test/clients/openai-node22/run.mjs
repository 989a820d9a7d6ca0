import { BedrockOpenAI } from 'openai';
import { serveOpenAi } from '../openai-calls.mjs';

serveOpenAi(options => new BedrockOpenAI({ awsRegion: 'us-east-1', ...options }));
