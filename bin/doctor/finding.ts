// One line of `palace doctor`. `idle`: nothing to check now, and nothing wrong.
export interface Finding {
  readonly check: string;
  readonly state: 'good' | 'wrong' | 'idle';
  readonly says: string;
  readonly fix?: string;
}

export const good = (check: string, says: string): Finding => ({ check, state: 'good', says });
export const idle = (check: string, says: string): Finding => ({ check, state: 'idle', says });
export const wrong = (check: string, says: string, fix: string): Finding => ({ check, state: 'wrong', says, fix });
