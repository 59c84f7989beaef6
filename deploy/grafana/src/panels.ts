// What all panels have in common. A panel can't be made without title, description and unit, and it takes the next place in its row.
import * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

export interface About {
  title: string;
  description: string;
  unit: string;
  width: number; // of 24
  height: number;
  decimals?: number;
  max?: number;
}

// An expression and how its series are called. A legend names labels as {{label}}.
export interface Query {
  expr: string;
  legend: string;
}

const source: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

function target(query: Query, refId: string): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().refId(refId).datasource(source).expr(query.expr).legendFormat(query.legend);
}

const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);
const overTime = (queries: Query[]) => queries.map((query, index) => target(query, refId(index)).range());
const atTheEnd = (queries: Query[]) => queries.map((query, index) => target(query, refId(index)).instant());

const oneColor = (mode: dashboard.FieldColorModeId, color: string) => new dashboard.FieldColorBuilder().mode(mode).fixedColor(color);
const lastValue = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields('');

// Lines over time; stacked when the parts make a whole.
export function lines(about: About, queries: Query[], stacked = false): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .title(about.title).description(about.description).unit(about.unit).span(about.width).height(about.height).datasource(source)
    .targets(overTime(queries))
    .min(0).lineWidth(2).fillOpacity(stacked ? 35 : 8).showPoints(common.VisibilityMode.Never)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassicByName))
    .legend(new common.VizLegendOptionsBuilder().displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom)
      .showLegend(true).calcs([]))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending));
  if (about.decimals !== undefined) panel.decimals(about.decimals);
  if (about.max !== undefined) panel.max(about.max);
  return stacked ? panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A')) : panel;
}

// One large number, with how it came to be behind it.
export function number(about: About, query: Query, color: string): stat.PanelBuilder {
  const panel = new stat.PanelBuilder()
    .title(about.title).description(about.description).unit(about.unit).span(about.width).height(about.height).datasource(source)
    .targets(overTime([query])).reduceOptions(lastValue())
    .colorScheme(oneColor(dashboard.FieldColorModeId.Fixed, color))
    .colorMode(common.BigValueColorMode.Value).graphMode(common.BigValueGraphMode.Area).textMode(common.BigValueTextMode.Auto);
  if (about.decimals !== undefined) panel.decimals(about.decimals);
  return panel;
}

// One bar for each series, of what it is now.
export function bars(about: About, queries: Query[], color: string): bargauge.PanelBuilder {
  const panel = new bargauge.PanelBuilder()
    .title(about.title).description(about.description).unit(about.unit).span(about.width).height(about.height).datasource(source)
    .targets(atTheEnd(queries)).reduceOptions(lastValue()).min(0)
    .colorScheme(oneColor(dashboard.FieldColorModeId.Fixed, color))
    .displayMode(common.BarGaugeDisplayMode.Gradient).orientation(common.VizOrientation.Horizontal)
    .valueMode(common.BarGaugeValueMode.Text).showUnfilled(true);
  if (about.decimals !== undefined) panel.decimals(about.decimals);
  if (about.max !== undefined) panel.max(about.max);
  return panel;
}

export interface Column extends Query {
  unit: string;
}

// One line for each value of `label`, with a column for each query.
export function lineFor(label: string, heading: string, about: About, columns: Column[]): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .title(about.title).description(about.description).unit(about.unit).span(about.width).height(about.height).datasource(source)
    .targets(columns.map((column, index) => target(column, refId(index)).instant().format(prometheus.PromQueryFormat.Table)))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries([[label, 0], ...columns.map((_, index) => [`Value #${refId(index)}`, index + 1])]),
        renameByName: Object.fromEntries([[label, heading], ...columns.map((column, index) => [`Value #${refId(index)}`, column.legend])]),
      },
    });
  for (const column of columns) panel.overrideByName(column.legend, [{ id: 'unit', value: column.unit }]);
  return panel;
}

// A variable whose values are those of a label, all of them unless some are chosen.
function labelVariable(name: string, label: string, metric: string, description: string): cog.Builder<dashboard.VariableModel> {
  return new dashboard.QueryVariableBuilder(name)
    .label(label).description(description).datasource(source)
    .query({ qryType: 1, query: `label_values(${metric}, ${name})`, refId: `${name}-values` })
    .definition(`label_values(${metric}, ${name})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged).sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true).includeAll(true).allValue('.+').current({ selected: true, text: 'All', value: '$__all' });
}

// A dashboard with the variables that all of them have: datasource, job, instance, campaign.
export function board(title: string, uid: string, description: string): dashboard.DashboardBuilder {
  return new dashboard.DashboardBuilder(title)
    .uid(uid).description(description).tags(['tessera', 'generated']).timezone('browser').refresh('30s').readonly()
    .time({ from: 'now-6h', to: 'now' }).tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(new dashboard.DashboardLinkBuilder('Tessera').type(dashboard.DashboardLinkType.Dashboards).tags(['tessera'])
      .includeVars(true).keepTime(true))
    .withVariable(new dashboard.DatasourceVariableBuilder('datasource').label('Datasource').type('prometheus')
      .description('The Prometheus that scrapes the services.').current({ selected: true, text: 'Prometheus', value: 'prometheus' }))
    .withVariable(labelVariable('job', 'Service', 'tessera_build_info', 'The services, by the job that scrapes them.'))
    .withVariable(labelVariable('instance', 'Instance', 'tessera_build_info{job=~"$job"}', 'Their processes.'))
    .withVariable(labelVariable('campaign', 'Campaign', 'tessera:campaign_coupons{job=~"$job"}', 'The campaigns that have series of their own, and _other.'));
}

export const row = (title: string) => new dashboard.RowBuilder(title);
