/**
 * CSS of the preview page, for light and dark. The grid has 24 columns, as in CloudWatch, or one column on a
 * narrow screen.
 */
export const STYLE = `
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1b2430; --faint: #5b6675; --line: #d8dde4; --error: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f141a; --card: #161d26; --ink: #e6eaf0; --faint: #9aa6b5; --line: #2c3743; --error: #ff8a7a; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: var(--ground); color: var(--ink); font: 14px/1.4 -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
header { margin-bottom: 12px; }
header p { margin: 2px 0; color: var(--faint); }
header .notice { color: var(--ink); font-weight: 600; }
h1 { margin: 0; font-size: 20px; }
h2, h3 { margin: 0 0 6px; font-size: 14px; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 10px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; min-width: 0; overflow: hidden; }
.chart svg { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 6px 0 0; padding: 0; list-style: none; font-size: 12px; color: var(--faint); }
.legend li { overflow-wrap: anywhere; }
.legend span { display: inline-block; width: 10px; height: 10px; margin-right: 5px; border-radius: 2px; }
.legend span.is-line { width: 16px; height: 2px; vertical-align: middle; }
dl { display: flex; flex-wrap: wrap; gap: 12px 28px; margin: 0; }
dt { color: var(--faint); font-size: 12px; }
dd { margin: 0; font-size: 30px; font-variant-numeric: tabular-nums; }
.sparkline svg { display: block; max-width: 100%; height: auto; }
.note { margin: 4px 0 0; color: var(--faint); font-size: 12px; }
code, pre { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
section p, section ul { margin: 0 0 4px; overflow-wrap: anywhere; }
.error { margin: 4px 0; color: var(--error); }
.error code { overflow-wrap: anywhere; }
.empty { color: var(--faint); }
pre { margin: 0; white-space: pre-wrap; }
@media (max-width: 800px) { main { display: block; } section { margin-bottom: 10px; } }
`;
