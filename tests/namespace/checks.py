"""Counting what held and what did not, as `./check` reads it."""


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, held, seen=''):
        if held:
            self.passed += 1
            print(f'ok      {what}', flush=True)
        else:
            self.failed += 1
            print(f'FAILED  {what}\n        {str(seen)[-1500:]}', flush=True)

    def close(self):
        """Prints 'N passed, N failed' and returns the exit status; checking nothing is a failure."""
        print(f'{self.passed} passed, {self.failed} failed')
        return 0 if self.failed == 0 and self.passed > 0 else 1
