Feature: wait
  A wait ends at its time, never before it, whoever owns the run by then.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 4}
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """
    And the workflow should take 4 seconds

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - rest:
          wait: '${ .n }'
    """
    And given the workflow input is:
    """yaml
    n: soon
    """
    When the workflow is executed
    Then the workflow should fault

  Scenario: timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 4}
          timeout: {after: {seconds: 2}}
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    instance: /do/0/rest
    """
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
            - rest:
                wait: {seconds: 4}
                timeout: {after: {seconds: 2}}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 2}}}
            do:
              - tell:
                  set: {given: up}
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    given: up
    """
    And rest should run 2 times
    And the workflow should take 5 seconds

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 4}
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And the workflow should take 1 seconds

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 4}
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
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
      - rest:
          wait: {seconds: 4}
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """
    And rest should run 1 times
    And the workflow should take 4 seconds

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 4}
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """
    And rest should run 1 times
    And the workflow should take 4 seconds
