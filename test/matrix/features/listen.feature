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

  Scenario: foreach, success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book answers:
    """yaml
    {}
    """
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5, at: 0}
    - {cents: 7, at: 1}
    """
    And book should be called 2 times
    And the workflow should take 4 seconds

  Scenario: foreach, error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book fails with status 500
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 500
    instance: /do/0/hear/foreach/do/0/book
    """

  Scenario: foreach, timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
          timeout: {after: {seconds: 3}}
    """
    And book never answers
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/hear
    """

  Scenario: foreach, retry
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{safe: {try: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], catch: {retry: {delay: {seconds: 0}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book fails with status 503 1 times, then answers:
    """yaml
    {}
    """
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5, at: 0}
    - {cents: 7, at: 1}
    """
    And book should be called 3 times

  Scenario: foreach, cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book never answers
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    And the workflow is cancelled after 3 seconds
    When the workflow is executed
    Then the workflow should be cancelled

  Scenario: foreach, suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book answers:
    """yaml
    {}
    """
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5, at: 0}
    - {cents: 7, at: 1}
    """
    And the workflow should take 10 seconds

  Scenario: foreach, crash before commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book answers:
    """yaml
    {}
    """
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5, at: 0}
    - {cents: 7, at: 1}
    """
    And hear should run 1 times
    And book should run 2 times

  Scenario: foreach, crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - hear:
          listen: {to: {any: [{with: {type: com.example.paid}}], until: {one: {with: {type: com.example.closed}}}}}
          foreach: {do: [{book: {call: http, with: {method: get, endpoint: 'https://books.example.com/'}}}], output: {as: '{cents: $item.cents, at: $index}'}}
    """
    And book answers:
    """yaml
    {}
    """
    And an event arrives after 1 seconds:
    """yaml
    type: com.example.paid
    id: first
    data: {cents: 5}
    """
    And an event arrives after 2 seconds:
    """yaml
    type: com.example.paid
    id: second
    data: {cents: 7}
    """
    And an event arrives after 4 seconds:
    """yaml
    type: com.example.closed
    id: closed
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {cents: 5, at: 0}
    - {cents: 7, at: 1}
    """
    And hear should run 1 times
    And book should run 2 times
