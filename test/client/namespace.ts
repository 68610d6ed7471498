import { setTimeout as sleep } from 'node:timers/promises';
import { connectTemporal } from '../../adapters/temporal/connection.ts';

type Retention = Parameters<
  ReturnType<typeof connectTemporal>['connection']['workflowService']['registerNamespace']
>[0]['workflowExecutionRetentionPeriod'];

/** Makes a namespace on a Temporal server and waits until it can be used. Schedules belong to a namespace: those of others are not seen there. */
export async function registerNamespace(address: string, namespace: string): Promise<void> {
  const connected = connectTemporal({ address, namespace });
  const { connection, client } = connected;
  // The type asks for a 64-bit integer object; the wire takes a number.
  const workflowExecutionRetentionPeriod = { seconds: 86_400 } as unknown as NonNullable<Retention>;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod,
  });
  // The server reads its list of namespaces again every few seconds.
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await client.workflow.count();
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
  await connected.close();
}
