// The layouter as a worker. It says when it listens: what is sent to it before that is lost, because its code comes in pieces.
import 'elkjs/lib/elk-worker.min.js';
import { READY } from './layout-ready.ts';

self.postMessage(READY);
