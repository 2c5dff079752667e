<?php

declare(strict_types=1);

/** Counts what holds and what does not; ends like Node's test runner does. */
final class Checks
{
    private int $passed = 0;

    private int $failed = 0;

    public function same(string $what, mixed $expected, mixed $found): void
    {
        if ($expected === $found) {
            $this->passed++;
            echo "ok    {$what}\n";

            return;
        }
        $this->failed++;
        echo "FAIL  {$what}: expected " . json_encode($expected) . ', found ' . json_encode($found) . "\n";
    }

    /** @return int the exit status */
    public function close(): int
    {
        echo '# tests ' . ($this->passed + $this->failed) . "\n# pass {$this->passed}\n# fail {$this->failed}\n";

        return $this->failed === 0 ? 0 : 1;
    }
}
