Feature: listen
  A listen takes what it waits for once, also what came while the run was suspended.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {one: {with: {type: com.example.paid}}}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5}
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
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: '.[0].cents | error'}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/hear
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
      - hear:
          listen: {to: {one: {with: {type: com.example.paid}}}}
          timeout: {after: {seconds: 2}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    """
    And the workflow should take 3 seconds

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
            - hear:
                listen: {to: {one: {with: {type: com.example.paid}}}}
                timeout: {after: {seconds: 2}}
          catch:
            retry: {delay: {seconds: 0}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5}
    """
    And hear should run 2 times

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {one: {with: {type: com.example.paid}}}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {one: {with: {type: com.example.paid}}}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5}
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
      - hear:
          listen: {to: {one: {with: {type: com.example.paid}}}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5}
    """
    And hear should run 1 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {one: {with: {type: com.example.paid}}}}
    """
    And an event arrives after 3 seconds:
    """yaml
    type: com.example.paid
    data: {cents: 5}
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5}
    """
    And hear should run 1 times
