Feature: do
  A list of steps ends with its last one; its timeout covers all of them.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 6
    """
    And the workflow should take 3 seconds

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n | error }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    When the workflow is executed
    Then the workflow should fault
    And one should run 1 times

  Scenario: timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          timeout: {after: {seconds: 2}}
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/both
    """
    And two should run 0 times
    And the workflow should take 2 seconds

  Scenario: retry
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - guarded:
          try:
            - both:
                do:
                  - one:
                      set: {n: '${ .n + 1 }'}
                  - ask:
                      call: http
                      with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And ask fails with status 503 2 times, then answers:
    """yaml
    n: 9
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 9
    """
    And one should run 3 times
    And ask should be called 3 times

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And two should run 0 times

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 6
    """
    And the workflow should take 10 seconds

  Scenario: crash before commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 6
    """
    And one should run 1 times
    And two should run 1 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          do:
            - one:
                set: {n: '${ .n + 1 }'}
            - pause:
                wait: {seconds: 3}
            - two:
                set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 6
    """
    And one should run 1 times
    And two should run 1 times
