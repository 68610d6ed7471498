import { describeHostLimits } from '../../../contracts/host-limits.ts';
import { memoryHostLimits } from '../../../../activities/sources/conformance/memory-hosts.ts';

describeHostLimits('the memory of tests', () => memoryHostLimits());
