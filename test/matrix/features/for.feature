Feature: for
  A loop takes its items once, when it begins, and goes on where it stood.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          for: {each: item, in: .items}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: [1, 2, 3]
    sum: 6
    """
    And add should run 3 times
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
      - each:
          for: {each: item, in: '.items | keys | first'}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1]
    """
    When the workflow is executed
    Then the workflow should fault
    And add should run 0 times

  Scenario: timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          timeout: {after: {milliseconds: 2500}}
          for: {each: item, in: .items}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3, 4]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    instance: /do/0/each
    """
    And add should run 3 times

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
            - each:
                for: {each: item, in: .items}
                do:
                  - ask:
                      call: http
                      with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2]
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
      - each:
          for: {each: item, in: .items}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the workflow is cancelled after 2 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And the workflow should take 2 seconds

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          for: {each: item, in: .items}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2]
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: [1, 2]
    sum: 3
    """
    And add should run 2 times

  Scenario: crash before commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          for: {each: item, in: .items}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: [1, 2, 3]
    sum: 6
    """
    And add should run 3 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          for: {each: item, in: .items}
          do:
            - add:
                set: {items: '${ .items }', sum: '${ (.sum // 0) + $item }'}
            - pause:
                wait: {seconds: 1}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    items: [1, 2, 3]
    sum: 6
    """
    And add should run 3 times
