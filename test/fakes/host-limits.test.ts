import { describeHostLimits } from '../contracts/host-limits.ts';
import { memoryHostLimits } from './host-limits.ts';

describeHostLimits('the memory of tests', () => memoryHostLimits());
