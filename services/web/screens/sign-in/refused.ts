import { ApiProblem } from '../../api/problem.ts';

/** The credential is not taken: unlike a server that is busy or away, trying it again is of no use. */
export const isRefused = (problem: unknown): problem is ApiProblem =>
  problem instanceof ApiProblem && (problem.status === 400 || problem.status === 401 || problem.status === 404 || problem.status === 410);
