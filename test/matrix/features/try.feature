Feature: try
  A try catches what its filter names, retries within its limit, and lets the rest go on upward.

  Scenario: success
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
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
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
    And tell should run 0 times

  Scenario: error
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
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask fails with status 503
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 503
    instance: /do/0/guarded/try/0/ask
    """
    And tell should run 0 times

  Scenario: timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - guarded:
          timeout: {after: {seconds: 2}}
          try:
            - ask:
                call: http
                with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask never answers
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    instance: /do/0/guarded
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
            - ask:
                call: http
                with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            errors: {with: {status: 404}}
            as: problem
            retry: {delay: {seconds: 1}, backoff: {exponential: {}}, jitter: {from: {seconds: 0}, to: {seconds: 0}}, limit: {attempt: {count: 3}}}
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask fails with status 404
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 404
    """
    And ask should be called 3 times
    And the workflow should take 3 seconds

  Scenario: cancel
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
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask never answers
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And tell should run 0 times

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
      - guarded:
          try:
            - ask:
                call: http
                with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask fails with status 404
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 404
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
      - guarded:
          try:
            - ask:
                call: http
                with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask fails with status 404
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 404
    """
    And tell should run 1 times
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
      - guarded:
          try:
            - ask:
                call: http
                with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            errors: {with: {status: 404}}
            as: problem
            do:
              - tell:
                  set: {status: '${ $problem.status }'}
    """
    And ask fails with status 404
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 404
    """
    And tell should run 1 times
    And ask should be called 1 times
