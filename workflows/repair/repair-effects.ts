import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import * as retry from '../retry.ts';
import type { RepairActivities } from './activities.ts';

/** Statements that must not be lost. */
export const steady = proxyActivities<RepairActivities>(retry.patient);
/** What a repair can do without when nobody answers for two minutes. */
export const quickly = proxyActivities<RepairActivities>(retry.quick);
export const delivery = proxyActivities<RepairActivities>(retry.deploy);
/** Notes on the way: no events of their own but a marker. */
export const noted = proxyLocalActivities<RepairActivities>(retry.local);

/** Reads bodies, and works on them. */
export const worker = proxyActivities<RepairActivities>(retry.repairWork);
/** Reads pages of the site, too: where sources of that type are collected. */
const collector = proxyActivities<RepairActivities>({ ...retry.repairWork, taskQueue: 'collect' });
const browser = proxyActivities<RepairActivities>({ ...retry.repairWork, taskQueue: 'browser' });

export function readerOf(type: string | undefined): typeof collector {
  return type === 'browser' ? browser : collector;
}
