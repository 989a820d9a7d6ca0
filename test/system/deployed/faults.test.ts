import { performance } from 'node:perf_hooks';
import { planRun } from './fault-plan';
import { deployFaulty, invokeRuns, killFunction, logLines, tableItems } from './fault-run';
import { testDeployed } from './ministack';

testDeployed(
  'trial',
  async () => {
    const t0 = performance.now();
    const tick = (name: string) => console.log(name, Math.round(performance.now() - t0));
    const plan = planRun(7, {
      first: '2026-11-28',
      runs: Number(process.env.RUNS ?? 10),
      callsOfRun: Number(process.env.CALLS ?? 100),
    });
    const target = plan.runs[5];
    const at = target.calls[50];
    const deployed = await deployFaulty(plan, 7, (call, d) => {
      if (call === at) console.log('killed', killFunction(d));
    });
    try {
      tick('deployed');
      const results = await invokeRuns(deployed, plan.runs.slice(0, 5), Number(process.env.PAR ?? 2));
      tick('first');
      results.push(...(await invokeRuns(deployed, [target], 1)));
      tick('killed');
      results.push(...(await invokeRuns(deployed, plan.runs.slice(6), Number(process.env.PAR ?? 2))));
      tick('rest');
      console.log(JSON.stringify(results.map(({ result }) => result)).slice(0, 1000));
      const lines = await logLines(deployed.ministack, deployed.agentName);
      tick('lines');
      console.log(
        lines.length,
        lines.filter(l => l.includes('TraceSpill')).length,
        lines.filter(l => !l.startsWith('{')).slice(0, 30),
      );
      const items = await tableItems(deployed);
      tick('items');
      console.log(
        items.length,
        deployed.front.requests,
        deployed.front.faults,
        deployed.bedrock.faults,
        deployed.bedrock.received.size,
      );
    } finally {
      await deployed.close();
    }
  },
  600_000,
);
