Feature: raise
  A raise is a fault with the words of the author.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - stop:
          raise: {error: {type: 'https://example.com/errors/sold-out', status: 409, title: '${ "No " + .what }'}}
    """
    And given the workflow input is:
    """yaml
    what: tea
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.com/errors/sold-out
    status: 409
    title: No tea
    instance: /do/0/stop
    """

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - stop:
          raise: {error: {type: 'https://example.com/errors/sold-out', status: 409, title: '${ "No " + .what }'}}
    """
    And given the workflow input is:
    """yaml
    what: 3
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/stop
    """

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
            - stop:
                raise: {error: {type: 'https://example.com/errors/sold-out', status: 409}}
          catch:
            as: problem
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 409
    """
    And stop should run 3 times

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - first:
          wait: {seconds: 5}
      - stop:
          raise: {error: {type: 'https://example.com/errors/sold-out', status: 409, title: '${ "No " + .what }'}}
    """
    And given the workflow input is:
    """yaml
    what: tea
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And stop should run 0 times

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - first:
          wait: {seconds: 5}
      - stop:
          raise: {error: {type: 'https://example.com/errors/sold-out', status: 409, title: '${ "No " + .what }'}}
    """
    And given the workflow input is:
    """yaml
    what: tea
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
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
      - stop:
          raise: {error: {type: 'https://example.com/errors/sold-out', status: 409, title: '${ "No " + .what }'}}
    """
    And given the workflow input is:
    """yaml
    what: tea
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    title: No tea
    """
    And stop should run 1 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - stop:
          raise: {error: {type: 'https://example.com/errors/sold-out', status: 409, title: '${ "No " + .what }'}}
    """
    And given the workflow input is:
    """yaml
    what: tea
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 409
    title: No tea
    """
    And stop should run 1 times
