import { delimiter } from 'node:path'
import type { HeadPorts } from './start-command.js'

/** What every program of a node gets, so that it meets this cluster and no other. */
export function programEnvironment(input: {
  readonly address: string
  readonly dashboardUrl: string
  readonly storagePath: string
  readonly tempDir: string
  /** File with the cluster's token; undefined where everybody may connect. */
  readonly tokenFile: string | undefined
  /** What tasks print is shown on their nodes, so not by the program too. */
  readonly workerLogs: boolean
}): Record<string, string> {
  return {
    // The logs say node and time; colours of Ray's own would only stand in files.
    RAY_COLOR_PREFIX: '0',
    ...(input.workerLogs ? { RAY_LOG_TO_DRIVER: '0' } : {}),
    RAY_ADDRESS: input.address,
    RAY_API_SERVER_ADDRESS: input.dashboardUrl,
    RAY_TMPDIR: input.tempDir,
    RAY_USAGE_STATS_ENABLED: '0',
    FLOW_RAY_STORAGE_PATH: input.storagePath,
    // Ray's processes write their titles over their environment, where the fence looks for its marker.
    SPT_NOENV: '1',
    ...(input.tokenFile === undefined
      ? { RAY_AUTH_MODE: 'disabled' }
      : { RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN_PATH: input.tokenFile }),
  }
}

/** What `ray start` gets besides. */
export function startEnvironment(input: {
  readonly ports: HeadPorts
  readonly workDir: string
  readonly scratchDir: string
  readonly timeoutMs: number
  readonly pythonPath: string | undefined
}): Record<string, string> {
  return {
    AUTOSCALER_METRIC_PORT: String(input.ports.autoscalerMetrics),
    DASHBOARD_METRIC_PORT: String(input.ports.dashboardMetrics),
    // When the gang stops there is nowhere to drain to: half a minute of it would only be killed.
    RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S: '0',
    // How often a worker tries to reach the head, once a second: it is started together with it.
    RAY_gcs_server_port_wait_time_s: String(Math.ceil(input.timeoutMs / 1_000)),
    RAY_NUM_REDIS_GET_RETRIES: String(Math.ceil(input.timeoutMs / 2_000)),
    RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE: '1',
    // Sockets of Python's own, which a killed process would leave in /tmp.
    TMPDIR: input.scratchDir,
    // Tasks import what lies beside the flow: every node has its own copy of it.
    PYTHONPATH: [input.workDir, input.pythonPath].filter(Boolean).join(delimiter),
  }
}
