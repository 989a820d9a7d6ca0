import { html } from './html';

/** Time ranges that users can select for a dashboard, as durations before its end. */
const RANGES = [
  ['-PT1H', '1 hour'],
  ['-PT3H', '3 hours'],
  ['-PT12H', '12 hours'],
  ['-P1D', '1 day'],
  ['-P3D', '3 days'],
  ['-P7D', '1 week'],
] as const;
const REPORT_DAYS = [7, 14, 30, 90] as const;
const DEFAULT_REPORT_DAYS = 30;

/**
 * Returns the HTML of the page, without data. The browser's script inserts the data as text, so data cannot
 * add markup.
 */
export function shell(): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Token analytics</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/style.css" />
        <script type="module" src="/app.js"></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the charts</a>
        <header>
          <div class="line">
            <h1 id="title">Token analytics</h1>
            <nav aria-label="Pages">
              <a id="to-dashboard" href="#dashboard">Dashboard</a> <a id="to-report" href="#report">Report</a>
            </nav>
            <button id="theme" type="button" aria-pressed="false">Dark</button>
          </div>
          <form class="line" id="choices" aria-label="Filters">
            <label class="of-dashboard" id="dashboard-choice" hidden
              >Dashboard
              <select id="dashboard"></select
            ></label>
            <label class="of-dashboard"
              >Time range
              <select id="range">
                <option value="">Dashboard default</option>
                ${RANGES.map(([value, label]) => html`<option value="${value}">${label}</option>`)}
              </select></label
            >
            <label class="of-report" hidden
              >Days
              <select id="days">
                ${REPORT_DAYS.map(days => html`<option value="${days}" ${days === DEFAULT_REPORT_DAYS ? html` selected` : ''}>${days} days</option>`)}
              </select></label
            >
            <label
              >Agent
              <select id="agent">
                <option value="">All agents</option>
              </select></label
            >
            <label
              >Model
              <select id="model">
                <option value="">All models</option>
              </select></label
            >
            <button id="refresh" type="button">Refresh</button>
          </form>
          <p id="about"></p>
          <p id="status" role="status"></p>
        </header>
        <main id="content" tabindex="-1"></main>
        <noscript><p>This page needs JavaScript.</p></noscript>
      </body>
    </html> `.text;
}
