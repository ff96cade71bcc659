Feature: emit
  An event leaves with the commit of its step, once.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - tell:
          emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n }'}}}}
          output: {as: '{ n: .data.n }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 2
    """
    And 1 event should be emitted

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - tell:
          emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n | tonumber }'}}}}
          output: {as: '{ n: .data.n }'}
    """
    And given the workflow input is:
    """yaml
    n: many
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/tell
    """
    And 0 events should be emitted

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
            - tell:
                emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n }'}}}}
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
    And ask fails with status 503 1 times, then answers:
    """yaml
    n: 9
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 9
    """
    And 2 events should be emitted

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
      - tell:
          emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n }'}}}}
          output: {as: '{ n: .data.n }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And 0 events should be emitted

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
      - tell:
          emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n }'}}}}
          output: {as: '{ n: .data.n }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 2
    """
    And 1 event should be emitted
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
      - tell:
          emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n }'}}}}
          output: {as: '{ n: .data.n }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 2
    """
    And 1 event should be emitted

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - tell:
          emit: {event: {with: {source: 'https://example.com/shop', type: com.example.told, data: {n: '${ .n }'}}}}
          output: {as: '{ n: .data.n }'}
    """
    And given the workflow input is:
    """yaml
    n: 2
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 2
    """
    And 1 event should be emitted
