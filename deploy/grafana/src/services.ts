// How the services do: for whoever is on call.
import * as units from '@grafana/grafana-foundation-sdk/units';
import { board, lines, number, row } from './panels';

const of = 'job=~"$job",instance=~"$instance"';
const rate = (series: string) => `rate(${series}[$__rate_interval])`;
const handled = (labels = '') => rate(`grpc_server_handled_total{${labels}${of}}`);
// The codes that slo.yml counts as failures.
const failed = 'grpc_code=~"Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss",';
const by = (label: string, expr: string) => `sum by (${label}) (${expr})`;
// What is not called has no quantile: NaN is not >= 0.
const quantile = (q: number, metric: string, label: string) =>
  `histogram_quantile(${q}, ${by(`le, ${label}`, rate(`${metric}_bucket{${of}}`))}) >= 0`;
const method = '{{grpc_method}}';
const process = '{{job}} {{instance}}';

const small = { width: 6, height: 4 };
const half = { width: 12, height: 8 };
const third = { width: 8, height: 8 };
const quarter = { width: 6, height: 7 };

export const services = board('Tessera services', 'tessera-services',
  'Rate, errors and latency of every method, Redis as the services see it, what is in flight, and the processes.')
  .withRow(row('Now'))
  .withPanel(number({ ...small, unit: units.RequestsPerSecond, title: 'Calls', description: 'Calls answered a second, whatever the answer.' },
    { expr: `sum(${handled()})`, legend: 'calls' }, 'blue'))
  .withPanel(number({ ...small, unit: units.PercentUnit, decimals: 2, title: 'Failed calls', description: 'The part of all calls that was not served: UNAVAILABLE, INTERNAL, UNKNOWN, DEADLINE_EXCEEDED, DATA_LOSS. Refusals are answers.' },
    { expr: `sum(${handled(failed)}) / (sum(${handled()}) > 0)`, legend: 'failed' }, 'red'))
  .withPanel(number({ ...small, unit: units.Short, title: 'In flight', description: 'Calls that arrived and are not answered yet, of all processes.' },
    { expr: `sum(grpc_server_in_flight{${of}})`, legend: 'in flight' }, 'purple'))
  .withPanel(number({ ...small, unit: units.Seconds, title: 'Analytics lag', description: 'Age of the oldest ledger event that is not in the statistics yet.' },
    { expr: `min(coupon_analytics_lag_seconds{${of}})`, legend: 'lag' }, 'yellow'))
  .withRow(row('Calls'))
  .withPanel(lines({ ...half, unit: units.RequestsPerSecond, title: 'Calls by method', description: 'Calls answered a second.' },
    [{ expr: `${by('grpc_method', handled())} > 0`, legend: method }], true))
  .withPanel(lines({ ...half, unit: units.PercentUnit, title: 'Failed calls by method', description: 'The part of a method\'s calls that was not served, of methods that are called.' },
    [{ expr: `${by('grpc_method', handled(failed))} / (${by('grpc_method', handled())} > 0)`, legend: method }]))
  .withPanel(lines({ ...half, unit: units.Seconds, title: 'Latency by method, 99th percentile', description: 'One call of a hundred takes longer, from its arrival to its answer. Of methods that are called.' },
    [{ expr: quantile(0.99, 'grpc_server_handling_seconds', 'grpc_method'), legend: method }]))
  .withPanel(lines({ ...half, unit: units.Seconds, title: 'Latency by method, median', description: 'Half of the calls take longer, from their arrival to their answer. Of methods that are called.' },
    [{ expr: quantile(0.5, 'grpc_server_handling_seconds', 'grpc_method'), legend: method }]))
  .withPanel(lines({ ...third, unit: units.RequestsPerSecond, title: 'Answers by code', description: 'Calls answered a second, by gRPC code. FailedPrecondition and ResourceExhausted are mostly refusals: no longer valid, sold out.' },
    [{ expr: `${by('grpc_code', handled())} > 0`, legend: '{{grpc_code}}' }], true))
  .withPanel(lines({ ...third, unit: units.Short, title: 'Calls in flight', description: 'By process. At grpc.in_flight_max (2048 by default) further calls are refused as OVERLOADED.' },
    [{ expr: `grpc_server_in_flight{${of}}`, legend: process }]))
  .withPanel(lines({ ...third, unit: units.Short, title: 'Error budget burn, last hour', description: 'How many times faster than the objective allows failures (0.1 %) and slow calls (1 %) come. 1 spends exactly a month\'s budget in a month; 14.4 pages.' },
    [
      { expr: 'job:slo_errors_per_call:ratio_rate1h{job=~"$job"} / 0.001', legend: '{{job}} failures' },
      { expr: 'job:slo_slow_per_call:ratio_rate1h{job=~"$job"} / 0.01', legend: '{{job}} slow' },
    ]))
  .withRow(row('Redis, as the services see it'))
  .withPanel(lines({ ...half, unit: units.OpsPerSecond, title: 'Scripts by name', description: 'Scripts run a second; "plain" are all commands that are no script.' },
    [{ expr: `${by('command', rate(`redis_command_seconds_count{${of}}`))} > 0`, legend: '{{command}}' }], true))
  .withPanel(lines({ ...half, unit: units.Seconds, title: 'Latency of scripts, 99th percentile', description: 'From a script\'s start to its answer, repetitions and waiting for the disk included. Of scripts that run.' },
    [{ expr: quantile(0.99, 'redis_command_seconds', 'command'), legend: '{{command}}' }]))
  .withPanel(lines({ ...third, unit: units.OpsPerSecond, title: 'Redis failures by kind', description: 'Commands a second that failed for good.' },
    [{ expr: by('kind', rate(`redis_command_failures_total{${of}}`)), legend: '{{kind}}' }]))
  .withPanel(lines({ ...third, unit: units.OpsPerSecond, title: 'Commands sent again, by kind', description: 'Commands a second that were repeated, such as after a script that Redis had forgotten or a slot that moved.' },
    [{ expr: by('kind', rate(`redis_retries_total{${of}}`)), legend: '{{kind}}' }]))
  .withPanel(lines({ ...third, unit: units.Short, title: 'Connections to Redis', description: 'Connections that can be used. TesseraRedisUnreachable fires when a process has none for a minute.' },
    [{ expr: `redis_connections{${of}}`, legend: process }]))
  .withRow(row('Behind the calls'))
  .withPanel(lines({ ...third, unit: units.EventsPerSecond, title: 'Finished by the sweepers', description: 'Reservations and coupons whose time was over, and what others left, a second.' },
    [{ expr: by('what', rate(`coupon_swept_total{${of}}`)), legend: '{{what}}' }]))
  .withPanel(lines({ ...third, unit: units.EventsPerSecond, title: 'Ledger events counted', description: 'Events a second that analytics added to the statistics.' },
    [{ expr: by('instance', rate(`coupon_analytics_events_total{${of}}`)), legend: '{{instance}}' }]))
  .withPanel(lines({ ...third, unit: units.Short, title: 'Counts that differ', description: 'Pairs of counters, ledger, escrow and wallets that must agree and did not at the last check. Anything but 0 is an incident.' },
    [{ expr: `max by (depth) (coupon_invariant_differences{${of}})`, legend: '{{depth}}' }]))
  .withRow(row('Processes'))
  .withPanel(lines({ ...quarter, unit: units.Short, decimals: 2, title: 'CPU', description: 'Cores in use, by process.' },
    [{ expr: rate(`process_cpu_seconds_total{${of}}`), legend: process }]))
  .withPanel(lines({ ...quarter, unit: units.BytesIEC, title: 'Memory', description: 'Resident memory, by process.' },
    [{ expr: `process_resident_memory_bytes{${of}}`, legend: process }]))
  .withPanel(lines({ ...quarter, unit: units.Short, title: 'Open files', description: 'Open file descriptors, connections included, by process.' },
    [{ expr: `process_open_fds{${of}}`, legend: process }]))
  .withPanel(lines({ ...quarter, unit: units.Seconds, title: 'Uptime', description: 'Time since each process started: a saw tooth is a process that dies again and again.' },
    [{ expr: `time() - process_start_time_seconds{${of}}`, legend: process }]));
