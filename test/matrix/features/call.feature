Feature: call
  A call is an act in the world: a read may be done again, a unique one never without proof.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    name: tea
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: tea
    """
    And ask should be called 1 times

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask fails with status 404
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 404
    instance: /do/0/ask
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
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
          timeout: {after: {seconds: 2}}
    """
    And ask never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
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
            - ask:
                call: http
                with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            errors: {with: {status: 503}}
            retry: {delay: {seconds: 2}, backoff: {constant: {}}, limit: {attempt: {count: 5}}}
    """
    And ask fails with status 503 2 times, then answers:
    """yaml
    name: tea
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: tea
    """
    And ask should be called 3 times
    And the workflow should take 4 seconds

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask never answers
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
      - first:
          wait: {seconds: 5}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    name: tea
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: tea
    """
    And ask should be called 1 times
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
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    name: tea
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: tea
    """
    And ask should be called 2 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - ask:
          call: http
          with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    name: tea
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    name: tea
    """
    And ask should be called 1 times

  Scenario: crash before commit of a unique act that can be verified
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - charge:
          call: http
          with: {method: post, endpoint: 'https://example.com/charges'}
          metadata:
            palace:
              verify:
                with: {method: get, endpoint: '${ "https://example.com/charges/" + $effect.key }'}
                happened: .status == 200
                result: .body
                absenceFinal: true
    """
    And charge answers:
    """yaml
    id: ch-1
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: ch-1
    """
    And charge should be called 1 times

  Scenario: crash after commit of a unique act that can be verified
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - charge:
          call: http
          with: {method: post, endpoint: 'https://example.com/charges'}
          metadata:
            palace:
              verify:
                with: {method: get, endpoint: '${ "https://example.com/charges/" + $effect.key }'}
                happened: .status == 200
                result: .body
                absenceFinal: true
    """
    And charge answers:
    """yaml
    id: ch-1
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: ch-1
    """
    And charge should be called 1 times

  Scenario: crash before commit of a unique act that nobody can verify
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - charge:
          call: http
          with: {method: post, endpoint: 'https://example.com/charges'}
    """
    And charge answers:
    """yaml
    id: ch-1
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should wait
    And charge should be called 1 times

  Scenario: map, success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 2
    - 4
    - 6
    """
    And double should run 3 times
    And the workflow should take 4 seconds

  Scenario: map, error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask fails with status 500
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/communication
    status: 500
    instance: /do/0/each
    """
    And double should run 0 times

  Scenario: map, error, collected
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
            onError: collect
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask fails with status 500 1 times, then answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - error: {type: https://open-workflow-specification.org/spec/1.0.0/errors/communication, status: 500, instance: /do/0/each}
    - output: 4
    - output: 6
    """

  Scenario: map, timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
          timeout: {after: {seconds: 3}}
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/each
    """
    And rest should run 3 times
    And double should run 2 times
    And the workflow should take 3 seconds

  Scenario: map, retry
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
                call: map:1.0.0@default
                with:
                  items: '${ .items }'
                  flow: {namespace: matrix, name: sub, version: 1.0.0}
                  limit: 2
          catch:
            retry: {delay: {seconds: 0}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask fails with status 503 1 times, then answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 2
    - 4
    - 6
    """
    And each should run 2 times

  Scenario: map, cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And rest should run 2 times
    And double should run 0 times

  Scenario: map, suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 2
    - 4
    - 6
    """
    And the workflow should take 12 seconds

  Scenario: map, crash before commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 2
    - 4
    - 6
    """
    And each should run 1 times
    And double should run 3 times

  Scenario: map, crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - each:
          call: map:1.0.0@default
          with:
            items: '${ .items }'
            flow: {namespace: matrix, name: sub, version: 1.0.0}
            limit: 2
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
          wait: {seconds: 2}
      - ask:
          call: http
          with: {method: get, endpoint: 'https://books.example.com/'}
      - double:
          set: '${ $workflow.input * 2 }'
    """
    And ask answers:
    """yaml
    {}
    """
    And given the workflow input is:
    """yaml
    items: [1, 2, 3]
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 2
    - 4
    - 6
    """
    And each should run 1 times
    And double should run 3 times
