Feature: run
  A sub-flow is a run of its own: it begins once, and what its parent gives up it gives up too.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 8
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
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n | error }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/child
    """

  Scenario: timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
          timeout: {after: {seconds: 2}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    """
    And double should run 0 times
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
            - child:
                run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 2}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    And ask fails with status 503 1 times, then answers:
    """yaml
    n: 9
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 9
    """
    And ask should be called 2 times

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And double should run 0 times
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
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 8
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
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 8
    """
    And double should run 1 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - child:
          run: {workflow: {namespace: matrix, name: sub, version: '1.0.0', input: {n: '${ .n }'}}}
    """
    And another workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: sub
      version: '1.0.0'
    do:
      - rest:
          wait: {seconds: 3}
      - double:
          set: {n: '${ .n * 2 }'}
    """
    And given the workflow input is:
    """yaml
    n: 4
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 8
    """
    And double should run 1 times
