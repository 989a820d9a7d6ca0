import OpenAI from 'openai';
import { serveOpenAi } from '../openai-calls.mjs';

serveOpenAi(options => new OpenAI(options));
