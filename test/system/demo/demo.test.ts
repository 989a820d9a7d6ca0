import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import type { DashboardView, ReportView, StartView } from '../../../local/page/views';
import { validated } from '../../cli/support';
import { findChromium, launchChromium } from '../../support/browser';
import { REPOSITORY, runOk } from '../../support/run';

interface DemoOutput {
  readonly answered: number;
  readonly agents: readonly {
    agentId: string;
    answered: number;
    inputTokens: number;
    outputTokens: number;
    usd: number;
  }[];
  readonly picoUsd: { expected: string; traces: string; metrics: string };
  readonly alarms: readonly { name: string; state: string; reason: string }[];
  readonly widgets: readonly { title: string; kind: string; series: number; points: number }[];
  readonly html: string;
}

let output: DemoOutput;

beforeAll(async () => {
  output = validated('demo', await runOk('npm', ['run', '--silent', 'demo', '--', '--json'])) as DemoOutput;
}, 180_000);

describe('npm run demo -- --json', () => {
  test('prints three sums of the day that agree to the pico-dollar', () => {
    expect(BigInt(output.picoUsd.expected)).toBeGreaterThan(0n);
    expect(output.picoUsd.traces).toBe(output.picoUsd.expected);
    expect(output.picoUsd.metrics).toBe(output.picoUsd.expected);
  });

  test('prints six agents whose rows add up to the totals', () => {
    expect(output.agents).toHaveLength(6);
    expect(output.agents.reduce((sum, agent) => sum + agent.answered, 0)).toBe(output.answered);
    const pico = output.agents.reduce((sum, agent) => sum + BigInt(Math.round(agent.usd * 1e12)), 0n);
    expect(pico.toString()).toBe(output.picoUsd.expected);
  });

  test('prints the budget warning and the cost spike with their reasons', () => {
    expect(output.alarms).toHaveLength(3);
    const states = output.alarms.map(alarm => alarm.state).sort();
    expect(states).toEqual(['ALARM', 'ALARM', 'OK']);
    for (const alarm of output.alarms) expect(alarm.reason).not.toBe('');
  });

  test('draws six widgets of the demo with data', () => {
    expect(output.widgets).toHaveLength(6);
    for (const widget of output.widgets) {
      expect(widget).toEqual(expect.objectContaining({ title: expect.stringMatching(/\S/) as string }));
      expect(widget.series).toBeGreaterThan(0);
      expect(widget.points).toBeGreaterThan(0);
    }
  });

  test('prints the same result in a second run of the demo', async () => {
    const again = JSON.parse(await runOk('npm', ['run', '--silent', 'demo', '--', '--json'])) as DemoOutput;

    expect(again).toEqual(output);
  }, 180_000);
});

describe('demo --open', () => {
  test('serves the dashboard of the day and a report of a month until it is stopped', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-demo-open-'));
    const child = spawn(
      process.execPath,
      [path.join(REPOSITORY, 'lib', 'cli', 'index.js'), 'demo', '--open'],
      {
        cwd: folder,
        env: { PATH: process.env.PATH, BROWSER: 'none', NODE_NO_WARNINGS: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    try {
      let [stderr, stdout] = ['', ''];
      child.stdout.on('data', chunk => (stdout += chunk));
      const closed = once(child, 'close');
      const url = await new Promise<string>((resolve, reject) => {
        child.stderr.on('data', chunk => {
          stderr += chunk;
          const [, found] = /at (http:\/\/127\.0\.0\.1:\d+\/) until Ctrl-C/.exec(stderr) ?? [];
          if (found !== undefined) resolve(found);
        });
        child.once('close', () => reject(new Error(`the demo ended: ${stderr}`)));
      });

      const { dashboards } = (await (await fetch(new URL('/api/dashboards', url))).json()) as StartView;
      const dashboard = (await (
        await fetch(new URL(`/api/dashboard?id=${dashboards[0].id}`, url))
      ).json()) as DashboardView;
      const report = (await (await fetch(new URL('/api/report?days=30', url))).json()) as ReportView;
      child.kill('SIGTERM');

      expect(await closed).toEqual([0, null]);
      expect(stdout.match(/│ equal +│/g)).toHaveLength(2);
      expect(dashboard.widgets.map(({ title }) => title)).toEqual(output.widgets.map(({ title }) => title));
      expect(dashboard.agents).toEqual(output.agents.map(({ agentId }) => agentId));
      for (const { series } of dashboard.widgets) expect(series.length).toBeGreaterThan(0);
      expect([report.from, report.to]).toEqual(['2026-10-23', '2026-11-21']);
      expect(report.days.every(({ cost }) => cost.usd > 1)).toBe(true);
      expect(report.days.at(-1)?.cost.usd).toBe(Number(output.picoUsd.expected) / 1e12);
      expect(report.total.text).toMatch(/^≥ \$\d+\.\d\d \(\d+ unpriced\)$/);
      expect(report.incidents.map(({ name }) => name)).toContain('INC-2041');
      expect(report.forecast.days).toHaveLength(14);
      expect(report.notes).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  }, 180_000);
});

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write(
    'SKIPPED: Chromium is not installed, so the dashboard page is not opened in a browser\n',
  );
}

(chromium === undefined ? describe.skip : describe)('demo/dashboard.html in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '');
  });
  afterAll(() => browser.close());

  test.each([
    [1400, 1000],
    [400, 800],
  ])('shows six widgets with content in a window of %d × %d pixels', async (width, height) => {
    expect(existsSync(output.html)).toBe(true);
    const page = await browser.newPage({ viewport: { width, height } });
    const problems: string[] = [];
    page.on('console', message => problems.push(message.text()));
    page.on('pageerror', error => problems.push(error.message));
    await page.goto(pathToFileURL(path.resolve(REPOSITORY, output.html)).href);

    const widgets = await page.locator('section[data-widget-title]').evaluateAll(sections =>
      sections.map(section => ({
        title: section.getAttribute('data-widget-title'),
        width: section.getBoundingClientRect().width,
        marks: section.querySelectorAll('svg path').length,
        text: section.textContent ?? '',
      })),
    );
    expect(widgets.map(widget => widget.title)).toEqual(output.widgets.map(widget => widget.title));
    for (const widget of widgets) {
      expect(widget.width).toBeGreaterThan(100);
      expect(widget.marks > 2 || /\d/.test(widget.text.replace(widget.title ?? '', ''))).toBe(true);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    expect(await page.locator('body').textContent()).toContain('not by CloudWatch');
    expect(problems).toEqual([]);
    await page.close();
  });
});
