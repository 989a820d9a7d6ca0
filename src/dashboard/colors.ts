/**
 * Colors of agents. The hues are those of the Okabe–Ito palette without black. The lightness differs, so that
 * each color has a contrast of at least 3:1 to the white and to the dark background of CloudWatch, as graphs
 * need by WCAG 2.2. People with a color vision deficiency can distinguish any two of the first seven colors.
 * The other seven have the same hues, lighter or darker.
 */
export const AGENT_COLORS = [
  '#136ed0',
  '#d57f00',
  '#44724f',
  '#ca048b',
  '#01a1ca',
  '#ab4b13',
  '#8e9a59',
  '#5395dd',
  '#995b00',
  '#789980',
  '#df66b8',
  '#01728f',
  '#c5835c',
  '#656d3f',
];

/**
 * Colors of totals: greys, which no agent has. A widget has at most three totals. The second and the third
 * color differ most, for a widget with two totals.
 */
export const TOTAL_COLORS = ['#7d7d7d', '#949494', '#686868'] as const;

/**
 * Returns the color of an agent in all widgets of a dashboard. It depends only on the place of the agent in
 * `agents`. From the fifteenth agent on, the colors repeat.
 */
export function agentColor(agents: readonly string[], agentId: string): string {
  return AGENT_COLORS[Math.max(0, agents.indexOf(agentId)) % AGENT_COLORS.length];
}
