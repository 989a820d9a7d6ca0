/** How a widget is drawn. */
export type WidgetKind = 'line' | 'stackedArea' | 'bar' | 'pie' | 'singleValue' | 'gauge' | 'table' | 'text' | 'other';

/** The kind of a widget of a DashboardBody. */
export function widgetKind(widget: { readonly type: string; readonly properties: Readonly<Record<string, unknown>> }): WidgetKind {
  if (widget.type === 'text') return 'text';
  if (widget.type !== 'metric') return 'other';
  switch (widget.properties.view) {
    case 'bar': case 'pie': case 'singleValue': case 'gauge': case 'table': return widget.properties.view;
    default: return widget.properties.stacked === true ? 'stackedArea' : 'line';
  }
}
