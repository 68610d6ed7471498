import type { Fault } from '../fault.ts';
import { f1 } from './f1.ts';
import { f2 } from './f2.ts';
import { f3 } from './f3.ts';
import { f4 } from './f4.ts';
import { f5 } from './f5.ts';
import { f6 } from './f6.ts';
import { f7 } from './f7.ts';
import { f8 } from './f8.ts';
import { f9 } from './f9.ts';
import { f10 } from './f10.ts';
import { f11 } from './f11.ts';
import { f12 } from './f12.ts';
import { f13 } from './f13.ts';
import { f14 } from './f14.ts';
import { f15 } from './f15.ts';
import { f16 } from './f16.ts';
import { f17 } from './f17.ts';
import { f18 } from './f18.ts';
import { f19 } from './f19.ts';
import { f20 } from './f20.ts';
import { f21 } from './f21.ts';
import { f22 } from './f22.ts';
import { f23 } from './f23.ts';
import { f24 } from './f24.ts';
import { f25 } from './f25.ts';
import { f26 } from './f26.ts';
import { f27 } from './f27.ts';
import { f28 } from './f28.ts';
import { f29 } from './f29.ts';
import { f30 } from './f30.ts';
import { f31 } from './f31.ts';
import { f32 } from './f32.ts';
import { f33 } from './f33.ts';
import { f34 } from './f34.ts';
import { f37 } from './f37.ts';
import { f40 } from './f40.ts';
import { f41 } from './f41.ts';
import { f42 } from './f42.ts';
import { f44 } from './f44.ts';

/** The fault matrix: one line a fault. */
export const FAULTS: readonly Fault[] = [
  f1,
  f2,
  f3,
  f4,
  f5,
  f6,
  f7,
  f8,
  f9,
  f10,
  f11,
  f12,
  f13,
  f14,
  f15,
  f16,
  f17,
  f18,
  f19,
  f20,
  f21,
  f22,
  f23,
  f24,
  f25,
  f26,
  f27,
  f28,
  f29,
  f30,
  f31,
  f32,
  f33,
  f34,
  f37,
  f40,
  f41,
  f42,
  f44,
];
